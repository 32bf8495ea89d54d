namespace Souk.Platform.Pagination;

/// <summary>
/// Where a list begins when there is no cursor: <c>id &gt; coalesce($1, {Keyset.First})</c> is one range of an index, whatever the parameter is, where
/// <c>$1 IS NULL OR id &gt; $1</c> would make the one plan of the statement read from the beginning.
/// </summary>
public static class Keyset
{
    public const string First = "'00000000-0000-0000-0000-000000000000'::uuid", Last = "'ffffffff-ffff-ffff-ffff-ffffffffffff'::uuid";
}
