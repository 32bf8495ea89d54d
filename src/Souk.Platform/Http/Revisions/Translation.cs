using System.Text.Json.Nodes;

namespace Souk.Platform.Http.Revisions;

/// <summary>What a route does for callers who were written for what came before a revision. Metadata of the route, beside its handler.</summary>
/// <param name="Since">The revision that changed the route.</param>
/// <param name="Up">Turns a request of the revision before into one of <paramref name="Since"/>. What it does not understand it leaves alone: the handler refuses it.</param>
/// <param name="Down">Turns an answer of <paramref name="Since"/> into one of the revision before.</param>
public sealed record Translation(Revision Since, Action<JsonObject> Up, Action<JsonObject> Down);
