using Microsoft.AspNetCore.Components;
using Verdigris.Primitives;

namespace Verdigris.Web.Components;

/// <summary>
/// A component that is drawn only once everything it shows has been read. A plain component is drawn at the first wait of its loading too; a page that reads two things would then
/// now and then be drawn with only the first of them, depending on which answered at once.
/// </summary>
public abstract class LoadedComponent : ComponentBase
{
    bool loaded;

    /// <summary>Reads what the component shows; called once, after its parameters are set and before it is first drawn.</summary>
    protected virtual Task Load() => Task.CompletedTask;

    /// <summary>A page of a list; where an order or a cursor somebody made up is refused, the list from its start.</summary>
    protected static async Task<Page<T>> Shown<T>(Task<Answer<Page<T>>> asked, Func<Task<Answer<Page<T>>>> fromStart) => (await asked is { Ok: true } found ? found : await fromStart()).Value;

    public override async Task SetParametersAsync(ParameterView parameters)
    {
        parameters.SetParameterProperties(this);
        if (!loaded)
        {
            loaded = true;
            await Load();
        }
        // The view handed in does not outlive a wait; its values are set already.
        await base.SetParametersAsync(ParameterView.Empty);
    }
}
