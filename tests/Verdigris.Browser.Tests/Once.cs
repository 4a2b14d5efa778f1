namespace Verdigris.Browser.Tests;

/// <summary>What pages need to have something to show, made for the stage by whoever needs it first.</summary>
sealed class Once<T>(Func<Stage, Task<T>> make)
{
    readonly Lock one = new();
    Task<T>? made;

    public Task<T> Of(Stage stage)
    {
        lock (one) return made ??= make(stage);
    }
}
