namespace Verdigris.Primitives;

/// <summary>Role checks, in one wording. The system passes all of them.</summary>
public static class Allow
{
    /// <summary>Null where the actor holds the role; where an organisation is named, there.</summary>
    public static Refusal? Role(Actor actor, string role, Guid? organisation = null)
    {
        if (actor.Is(Primitives.Role.System)) return null;
        if (!actor.Is(role)) return Refusal.Forbidden("access.role-needed", null, ("role", role));
        return organisation is { } own && own != actor.OrganisationId ? Refusal.Forbidden("access.other-organisation") : null;
    }

    /// <summary>Null where the actor holds one of the roles.</summary>
    public static Refusal? AnyRole(Actor actor, params ReadOnlySpan<string> roles)
    {
        if (actor.Is(Primitives.Role.System)) return null;
        foreach (var role in roles) if (actor.Is(role)) return null;
        return Refusal.Forbidden("access.role-needed", null, ("role", string.Join(" | ", roles)));
    }
}
