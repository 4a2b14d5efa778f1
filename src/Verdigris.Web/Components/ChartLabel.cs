using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Rendering;

namespace Verdigris.Web.Components;

/// <summary>A word in a picture. Razor keeps the element's name for itself, so it is written here.</summary>
public sealed class ChartLabel : ComponentBase
{
    [Parameter, EditorRequired] public int X { get; set; }
    [Parameter, EditorRequired] public int Y { get; set; }
    [Parameter, EditorRequired] public string Text { get; set; } = "";
    /// <summary>end or middle: which part of the word stands at the place.</summary>
    [Parameter, EditorRequired] public string Anchor { get; set; } = "middle";

    protected override void BuildRenderTree(RenderTreeBuilder builder)
    {
        builder.OpenElement(0, "text");
        builder.AddAttribute(1, "class", "label " + Anchor);
        builder.AddAttribute(2, "x", X);
        builder.AddAttribute(3, "y", Y);
        builder.AddContent(4, Text);
        builder.CloseElement();
    }
}
