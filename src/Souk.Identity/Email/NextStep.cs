namespace Souk.Identity.Email;

/// <summary>What the caller is to do now; the same whoever asked and whatever was found.</summary>
/// <param name="Next"><c>verify_email</c> or <c>check_mail</c>: what is to be known stands in a mail to the owner of the address.</param>
internal sealed record NextStep(string Next)
{
    public static readonly NextStep VerifyEmail = new("verify_email"), CheckMail = new("check_mail");

    /// <summary>202 that tells nothing.</summary>
    public Accepted<NextStep> Accept(HttpContext http)
    {
        http.Response.Headers.CacheControl = "private, no-store";
        return TypedResults.Accepted((string?)null, this);
    }
}
