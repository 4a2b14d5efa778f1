namespace Verdigris.Web.Components;

/// <summary>A page above the present one.</summary>
public sealed record Crumb(string Text, string Path);

/// <summary>Colour of a badge or message; the words must say the same without it.</summary>
public enum Tone { Neutral, Good, Warn, Bad, Info, Copper }

/// <summary>One step of a course of events.</summary>
/// <param name="Time">Already formatted, with zone; null while it has not happened.</param>
public sealed record StepItem(string Title, string? Detail = null, string? Time = null, StepState State = StepState.Done, string? Link = null);

public enum StepState { Done, Current, Todo, Failed }

/// <summary>One tab: a link to a page of its own, so that it works without script and can be bookmarked.</summary>
public sealed record TabItem(string Text, string Path, bool Current, long? Count = null);

/// <summary>A value that went into a calculation, and where it came from.</summary>
public sealed record TraceInput(string Name, string Value, string? Source = null);

/// <summary>A step of a calculation and what it gave.</summary>
public sealed record TraceLine(string Text, string Value, string? Rule = null);
