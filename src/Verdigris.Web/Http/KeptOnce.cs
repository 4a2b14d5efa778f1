namespace Verdigris.Web;

/// <summary>Metadata of a route whose answer holds a secret that is shown once: a repeat under the same Idempotency-Key is told that it was done, and the answer is kept nowhere.</summary>
public sealed class ShownOnce
{
    public static readonly ShownOnce Here = new();
}

/// <summary>Metadata of a route whose request is sealed the moment it arrives: nothing is kept by which somebody who reads the database could guess what stood in it, so a repeat is only recognised while the same server runs.</summary>
public sealed class SealedOnArrival
{
    public static readonly SealedOnArrival Here = new();
}
