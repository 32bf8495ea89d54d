namespace Souk.Identity.ApiKeys;

/// <summary>Every way API keys say no. A code is API: add new ones, never rename one.</summary>
internal static class ApiKeyErrors
{
    /// <summary>The same for all of them: what is wrong with a key is nobody's business but its owner's.</summary>
    public static readonly Error Invalid = new(401, "api_key_invalid",
        "This API key is unknown, expired, revoked or was replaced. Ask whoever runs the shop for another.");

    public static readonly Error NotFound = Error.NotFound("api_key_not_found", "There is no such API key. List them at /v1/admin/api-keys.");

    public static readonly Error Ended = Error.Conflict("api_key_ended", "This API key has expired or was revoked. Make a new one.");

    public static readonly Error Full = Error.Conflict("api_keys_full", $"The shop has {MakeApiKey.KeysMax} living API keys, as many as it may. Revoke those that nobody uses.");
}
