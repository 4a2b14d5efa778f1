using Verdigris.Primitives;

namespace Verdigris.Web;

/// <summary>Who acts in this request: from the sign-in cookie or a bearer token; <see cref="Actor.Public"/> for anybody else. Scoped.</summary>
public interface ICurrentActor
{
    Actor Actor { get; }
}
