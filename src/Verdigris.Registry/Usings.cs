global using Subject = Verdigris.Storage.RowSubject;
global using Side = Verdigris.Registry.Finance.Terms.Side;
