namespace Verdigris.Storage;

/// <summary>A file kept in the evidence store.</summary>
/// <param name="Name">Without folders.</param>
/// <param name="Sha256">Of its content, in lower-case hexadecimal; the content is kept under it.</param>
public sealed record KeptFile(string Name, string MediaType, long SizeBytes, string Sha256);

/// <summary>A file some capability keeps the name of and the evidence store the content of, as it is given out again.</summary>
public interface IKeptFile
{
    string FileName { get; }

    string MediaType { get; }

    /// <summary>Of its content, in lower-case hexadecimal.</summary>
    string Sha256 { get; }
}
