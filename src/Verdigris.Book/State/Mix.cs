using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;

namespace Verdigris.Book;

/// <summary>64-bit mixing by wide multiplication (the construction of wyhash). Not for secrets.</summary>
static class Mix
{
    const ulong A = 0xA0761D6478BD642F, B = 0xE7037ED1A0B428DB, C = 0x8EBC6AF09C88C6E3, D = 0x589965CC75374CC3;

    /// <summary>Both halves of a product in one. Multiplying twice is quicker than <see cref="Math.BigMul(ulong, ulong, out ulong)"/>, which hands the lower half over through memory.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static ulong Wide(ulong x, ulong y)
    {
        if (Bmi2.X64.IsSupported) return Bmi2.X64.MultiplyNoFlags(x, y) ^ unchecked(x * y);
        ulong high = Math.BigMul(x, y, out ulong low);
        return high ^ low;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Hash(UInt128 id) => Wide(Wide((ulong)(id & ulong.MaxValue) ^ A, (ulong)(id >> 64) ^ B) ^ C, D);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Hash(ulong value) => Wide(Wide(value ^ A, B) ^ C, D);

    /// <summary>Everything of a command but its id.</summary>
    public static ulong Content(in Command command)
    {
        var words = MemoryMarshal.Cast<Command, ulong>(MemoryMarshal.CreateReadOnlySpan(in command, 1));
        ulong x = Wide(words[2] ^ A, words[3] ^ B) ^ Wide(words[4] ^ C, words[5] ^ D);
        ulong y = Wide(words[6] ^ B, words[7] ^ C ^ x) ^ Wide(words[8] ^ D, words[9] ^ A);
        ulong z = Wide(words[10] ^ C, words[11] ^ D ^ y) ^ Wide(words[12] ^ A, words[13] ^ B);
        return Wide(words[14] ^ x ^ D, words[15] ^ z ^ A) ^ Wide(y ^ B, z ^ C ^ x);
    }
}
