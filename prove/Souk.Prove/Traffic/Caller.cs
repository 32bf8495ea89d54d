namespace Souk.Prove.Traffic;

/// <summary>Who asks. A guest has tokens of single carts and orders, a member or staff an account.</summary>
internal readonly record struct Caller(Account? Account = null, string? CartToken = null, string? OrderToken = null);

/// <summary>Somebody who can sign in; the access token is renewed when the shop no longer takes it.</summary>
internal sealed class Account(string email, string password)
{
    Task renewing = Task.CompletedTask;
    readonly Lock turn = new();

    public string Email => email;
    public string? Token { get; private set; }

    /// <summary>Set when it first signs in.</summary>
    public string Id { get; private set; } = "";

    /// <param name="refused">The token that was refused; another one by now is a new one already.</param>
    public Task RenewAsync(Shop shop, string? refused)
    {
        lock (turn)
        {
            if (Token == refused && renewing.IsCompleted) renewing = SignInAsync(shop);
            return renewing;
        }
    }

    async Task SignInAsync(Shop shop)
    {
        var answer = await shop.AskAsync("sign in", HttpMethod.Post, "/v1/sessions", new() { ["email"] = email, ["password"] = password }, default);
        if (answer.Status != 201) throw new ProveException($"{email} cannot sign in: {answer}");
        (Token, Id) = (answer.Text("accessToken"), answer.Body.GetProperty("user").GetProperty("id").GetString()!);
    }
}
