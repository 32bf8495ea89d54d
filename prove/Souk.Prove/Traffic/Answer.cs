namespace Souk.Prove.Traffic;

/// <param name="Status">Of HTTP; 0 when the answer was lost: nobody knows what became of the request.</param>
internal readonly record struct Answer(int Status, JsonElement Body, bool IsReplay = false, bool WasDisturbed = false)
{
    public bool IsLost => Status == 0;

    /// <summary>Of the problem, or null.</summary>
    public string? Code => Status >= 400 && Body.ValueKind == JsonValueKind.Object && Body.TryGetProperty("code", out var code) ? code.GetString() : null;

    public string Text(string member) => Body.GetProperty(member).GetString()!;

    public bool Is(int status, string code) => Status == status && Code == code;

    public override string ToString() => IsLost ? "lost" : $"{Status} {Code}".TrimEnd();
}
