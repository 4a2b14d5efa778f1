using System.Security.Cryptography;

namespace Verdigris.Storage;

/// <summary>Random bytes nobody can guess, for keys and lots. The seam a test replaces to have the same ones again.</summary>
public class SecretBytes
{
    public virtual byte[] Take(int count) => RandomNumberGenerator.GetBytes(count);
}
