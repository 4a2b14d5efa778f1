global using Subject = Verdigris.Storage.RowSubject;
