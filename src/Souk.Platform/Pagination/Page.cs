namespace Souk.Platform.Pagination;

/// <summary>One page of a list. Pages cost the same at any depth: each starts at a key, never at an offset.</summary>
/// <param name="NextCursor">Send as <c>?cursor=</c> for the page after this one; null on the last.</param>
/// <param name="PreviousCursor">Likewise for the page before; null on the first.</param>
public sealed record Page<T>(IReadOnlyList<T> Items, string? NextCursor, string? PreviousCursor);
