using System.Security.Cryptography;
using System.Text;

namespace Verdigris.Passport.Certificates;

/// <summary>
/// Private keys the platform keeps for plants: one file a key below the folder, AES-256-GCM under a master key in the same folder, both readable by
/// the server's user only. A backup of the keys needs both. Thread-safe.
/// </summary>
public sealed class KeyVault(string folder)
{
    const int NonceLength = 12, TagLength = 16;
    readonly Lock gate = new();
    readonly System.Collections.Concurrent.ConcurrentDictionary<string, byte[]> opened = new(StringComparer.Ordinal);
    byte[]? master;

    /// <summary>Makes a P-256 key, keeps its private half and returns the public one.</summary>
    public PublicJwk Create()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var jwk = PublicJwk.Of(key);
        var kid = jwk.Thumbprint();
        var plain = key.ExportPkcs8PrivateKey();
        var sealedKey = new byte[NonceLength + plain.Length + TagLength];
        RandomNumberGenerator.Fill(sealedKey.AsSpan(0, NonceLength));
        using (var aes = new AesGcm(Master(), TagLength))
            aes.Encrypt(sealedKey.AsSpan(0, NonceLength), plain, sealedKey.AsSpan(NonceLength, plain.Length), sealedKey.AsSpan(NonceLength + plain.Length), Encoding.UTF8.GetBytes(kid));
        CryptographicOperations.ZeroMemory(plain);
        WritePrivate(PathOf(kid), sealedKey);
        return jwk;
    }

    /// <summary>The private key; null where the vault does not hold it.</summary>
    /// <exception cref="CryptographicException">The file was changed or belongs to another master key.</exception>
    public ECDsa? Open(string kid)
    {
        if (!opened.TryGetValue(kid, out var plain))
        {
            var path = PathOf(kid);
            if (!File.Exists(path)) return null;
            var sealedKey = File.ReadAllBytes(path);
            if (sealedKey.Length <= NonceLength + TagLength) throw new CryptographicException($"The key file {kid} is cut short.");
            plain = new byte[sealedKey.Length - NonceLength - TagLength];
            using var aes = new AesGcm(Master(), TagLength);
            aes.Decrypt(sealedKey.AsSpan(0, NonceLength), sealedKey.AsSpan(NonceLength, plain.Length), sealedKey.AsSpan(NonceLength + plain.Length), plain, Encoding.UTF8.GetBytes(kid));
            opened[kid] = plain;
        }
        var key = ECDsa.Create();
        key.ImportPkcs8PrivateKey(plain, out _);
        return key;
    }

    /// <summary>32 secret bytes for one purpose, always the same while the master key is.</summary>
    public byte[] Secret(string purpose) => HMACSHA256.HashData(Master(), Encoding.UTF8.GetBytes("secret/" + purpose));

    // A key id is a base64url thumbprint, so it is safe as a file name.
    string PathOf(string kid) => Path.Combine(folder, Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(kid))) + ".key");

    byte[] Master()
    {
        lock (gate)
        {
            if (master is not null) return master;
            var path = Path.Combine(folder, "master");
            if (!File.Exists(path)) WritePrivate(path, RandomNumberGenerator.GetBytes(32));
            var read = File.ReadAllBytes(path);
            return master = read.Length == 32 ? read : throw new CryptographicException($"The master key {path} is not 32 bytes long.");
        }
    }

    void WritePrivate(string path, ReadOnlySpan<byte> content)
    {
        Directory.CreateDirectory(folder);
        var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows()) options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        var half = path + ".new";
        using (var file = new FileStream(half, options))
        {
            file.Write(content);
            file.Flush(flushToDisk: true);
        }
        File.Move(half, path, overwrite: true);
    }
}
