using Verdigris.Book;
using Verdigris.Simulator.Reference;

namespace Verdigris.Simulator;

/// <summary>Spoils a sensible command in one of the ways clients, links and attackers do.</summary>
sealed class Garbage(SeededRandom random)
{
    public Command Spoil(Command c, LedgerState state)
    {
        switch (random.Below(26))
        {
            case 0: c.Id = 0; break;
            case 1: c.Operation = (Operation)random.Below(256); break;
            case 2: c.Flags ^= (CommandFlags)(1 << random.Below(8)); break;
            case 3: c.TransactionType = unchecked((ushort)random.Next()); break;
            case 4: c.Asset = Odd(random.Below(9)); break;
            case 5: c.Debit = OddLong(); break;
            case 6: c.Credit = OddLong(); break;
            case 7: c.Amount = OddLong(); break;
            case 8: c.SerialFirst = OddLong(); break;
            case 9: c.Time = OddLong(); break;
            case 10: c.Target = random.NextId(); break;
            case 11: c.ActingFor = OddLong(); break;
            case 12: c.Detail = OddLong(); break;
            case 13: c.Credit = c.Debit; break;
            case 14: c.Amount = 0; break;
            case 15: c.Actor = 0; break;
            case 16: c.Flags |= CommandFlags.Linked; break;
            case 17: c.SerialFirst = 1 + random.Below(1000); break;
            case 18: c.Time = state.TimeMicros; break;
            case 19: c.Detail = random.Below(8); break;
            case 20: c.Detail |= 1L << random.Below(63); break;
            case 21: return World.DefineAsset(Odd(1000 + random.Below(1000)), "BAD " + random.Below(100), (AssetKind)random.Below(4), random.Below(14), 1) with { Id = random.NextId() };
            case 22: return World.OpenAccount(OddLong(), (ushort)random.Below(2), true, random) with { Id = random.NextId() };
            case 23: return World.SetRule((ushort)random.Below(3), (ushort)random.Below(9), (ushort)random.Below(3), (ushort)random.Below(3), (RuleFlags)random.Below(512), random.Between(-3, 3)) with { Id = random.NextId() };
            case 24: c.Amount = long.MaxValue; break;
            default: c.Operation = (Operation)(1 + random.Below(19)); break;
        }
        return c;
    }

    int Odd(int usual) => random.Below(4) switch { 0 => -1, 1 => int.MaxValue - random.Below(3), 2 => 0, _ => usual };

    long OddLong() => random.Below(5) switch { 0 => -1 - random.Below(3), 1 => long.MaxValue - random.Below(3), 2 => long.MinValue, 3 => unchecked((long)random.Next()), _ => random.Below(10_000) };
}
