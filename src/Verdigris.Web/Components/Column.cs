using Microsoft.AspNetCore.Components;

namespace Verdigris.Web.Components;

/// <summary>A column of a <c>DataTable</c>; stands inside its <c>Columns</c>.</summary>
[CascadingTypeParameter(nameof(T))]
public sealed class Column<T> : ComponentBase
{
    [CascadingParameter] internal DataTable<T> Table { get; set; } = null!;
    [Parameter, EditorRequired] public string Title { get; set; } = "";
    /// <summary>Right-aligned with tabular figures.</summary>
    [Parameter] public bool Numeric { get; set; }
    /// <summary>Unit shown once, in the head.</summary>
    [Parameter] public string? Unit { get; set; }
    /// <summary>Value of <c>?sort=</c> for this column; null = not sortable. A leading minus turns the order.</summary>
    [Parameter] public string? Sort { get; set; }
    /// <summary>The cell that names the row: read first by screen readers, on top of the card on a phone.</summary>
    [Parameter] public bool Main { get; set; }
    [Parameter, EditorRequired] public RenderFragment<T> ChildContent { get; set; } = null!;

    protected override void OnInitialized() => Table.Add(this);
}

/// <summary>Renders its content after its elder siblings have: by then all columns are known.</summary>
public sealed class Afterwards : ComponentBase
{
    [Parameter] public RenderFragment? ChildContent { get; set; }

    protected override void BuildRenderTree(Microsoft.AspNetCore.Components.Rendering.RenderTreeBuilder builder) => builder.AddContent(0, ChildContent);
}
