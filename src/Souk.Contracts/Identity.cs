namespace Souk.Contracts;

/// <summary>What the host and other modules may ask of accounts.</summary>
public interface IIdentity
{
    /// <summary>
    /// Makes the first staff account with a random one-time password, unless there is a staff account; then null. Of several processes that
    /// start together one gets the password. It is told only here and stored nowhere: show it to the operator.
    /// </summary>
    /// <exception cref="InvalidOperationException">The e-mail is malformed or belongs to a customer's account.</exception>
    Task<FirstStaff?> EnsureFirstStaffAsync(string email, CancellationToken cancel);

    /// <summary>
    /// True once a session was ended, on any node, within two seconds; for some minutes at least, longer than any access token of it serves. Asks no
    /// database: for what outlives a request, such as a stream.
    /// </summary>
    bool HasEnded(Guid sessionId);
}

/// <param name="OneTimePassword">Serves to sign in until it is changed at <c>PUT /v1/me/password</c>.</param>
public sealed record FirstStaff(string Email, string OneTimePassword);
