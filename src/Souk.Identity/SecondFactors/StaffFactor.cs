using Souk.Identity.Accounts;

namespace Souk.Identity.SecondFactors;

/// <summary>
/// Option <c>Identity:StaffNeedSecondFactor</c>: staff, in whichever role, without a second factor are customers until they have one. Their tokens carry another role in
/// place of theirs, so that routes of staff refuse them and say why.
/// </summary>
internal sealed class StaffFactor(SecondFactorCodes codes, IdentityOptions options)
{
    /// <summary>In a token: staff, once there is a second factor.</summary>
    public const string PendingRole = "staff_without_second_factor";

    public async ValueTask<bool> IsMissingAsync(Account account, CancellationToken cancel) =>
        options.StaffNeedSecondFactor && account.Roles.Count > 0 && !await codes.HasFactorAsync(account.Id, cancel);
}
