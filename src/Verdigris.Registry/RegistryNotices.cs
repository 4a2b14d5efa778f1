using Verdigris.Storage;

namespace Verdigris.Registry;

/// <summary>What this room tells people of. Names never change once published.</summary>
public static class RegistryNotices
{
    public const string Applied = "registry.applied", Holder = "registry.holder", Account = "registry.account", Transaction = "registry.transaction", Due = "registry.due", Review = "registry.review", Finance = "registry.finance", Credits = "registry.credits";

    public static IReadOnlyList<NoticeKind> Kinds { get; } = [new(Applied), new(Holder), new(Account), new(Transaction), new(Due), new(Review), new(Finance), new(Credits)];
}
