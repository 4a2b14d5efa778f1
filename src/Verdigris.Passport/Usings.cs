// The one paging cursor of the product is the one of Primitives.
global using Cursor = Verdigris.Primitives.Cursor;
