using System.Security.Cryptography;

namespace Verdigris.Web;

/// <summary>JSON as a reader gets it, with the entity tag of what this reader sees.</summary>
public readonly record struct TaggedJson(byte[] Json, string Tag)
{
    public static TaggedJson Of(byte[] json) => new(json, $"\"{Convert.ToHexStringLower(SHA256.HashData(json).AsSpan(0, 16))}\"");
}
