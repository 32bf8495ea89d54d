using Microsoft.AspNetCore.Authentication;
using Souk.Contracts;
using Souk.Identity.Accounts;
using Souk.Identity.ApiKeys;
using Souk.Identity.Email;
using Souk.Identity.Guessing;
using Souk.Identity.Passwords;
using Souk.Identity.SecondFactors;
using Souk.Identity.Sessions;
using Souk.Identity.Tokens;
using Souk.Platform.Modules;

namespace Souk.Identity;

/// <summary>Who you are: accounts, sign-in, sessions, roles. The table of contents of this module.</summary>
public sealed class IdentityModule : IModule
{
    public string Name => "identity";

    public IReadOnlyList<string> Needs => ["ordering"];

    public void AddServices(IServiceCollection services, IConfiguration configuration)
    {
        services.AddSingleton(IdentityOptions.Read(configuration));
        services.AddSingleton<PasswordHash>();
        services.AddSingleton<PasswordPool>();
        services.AddSingleton<CurrentPassword>();
        services.AddSingleton<SecondFactorCodes>();
        services.AddSingleton<StaffFactor>();
        services.AddSingleton<Challenges>();
        services.AddSingleton<SessionAnswers>();
        services.AddSingleton<DeviceTokens>();
        services.AddSingleton<SignInGuesses>();
        services.AddSingleton<MailTokens>();
        services.AddSingleton<AccountMails>();
        services.AddSingleton<QuietRegistration>();
        services.AddSingleton<SessionTokens>();
        services.AddSingleton<SigningKeys>();
        services.AddSingleton<AccessTokens>();
        services.AddSingleton<CsrfTokens>();
        services.AddSingleton<CookieSessions>();
        services.AddSingleton<SessionIssuer>();
        services.AddSingleton<RevokedSessions>();
        services.AddHostedService(provider => provider.GetRequiredService<RevokedSessions>());
        services.AddSingleton<ApiKeyTexts>();
        services.AddSingleton<LivingApiKeys>();
        services.AddSingleton<IIdentity, FirstStaffAccount>();
        services.AddAuthentication(SoukAuthentication.SchemeName)
            .AddScheme<AuthenticationSchemeOptions, SoukAuthentication>(SoukAuthentication.SchemeName, null);
    }

    public void MapRoutes(IEndpointRouteBuilder routes)
    {
        RegisterUser.Map(routes);
        ReadMe.Map(routes);
        ChangeMe.Map(routes);
        ChangePassword.Map(routes);

        VerifyEmail.Map(routes);
        AskPasswordReset.Map(routes);
        ResetPassword.Map(routes);
        AskEmailChange.Map(routes);
        ConfirmEmailChange.Map(routes);

        SignIn.Map(routes);
        RefreshSession.Map(routes);
        SignOut.Map(routes);
        AnswerChallenge.Map(routes);
        ListSessions.Map(routes);
        EndSession.Map(routes);
        EndSessions.Map(routes);
        StepUp.Map(routes);

        ReadSecondFactors.Map(routes);
        AddTotp.Map(routes);
        ConfirmTotp.Map(routes);
        RemoveTotp.Map(routes);
        RenewRecoveryCodes.Map(routes);

        ListUsers.Map(routes);
        ReadUser.Map(routes);
        AssignRoles.Map(routes);

        MakeApiKey.Map(routes);
        ListApiKeys.Map(routes);
        ReadApiKey.Map(routes);
        RotateApiKey.Map(routes);
        RevokeApiKey.Map(routes);
    }

    public void MapWork(WorkMap work)
    {
        work.Every(ForgetEndedSessions.Cron, ForgetEndedSessions.JobType, ForgetEndedSessions.RunAsync);
        work.Every(ForgetEndedChallenges.Cron, ForgetEndedChallenges.JobType, ForgetEndedChallenges.RunAsync);
        work.Every(ForgetSignInFailures.Cron, ForgetSignInFailures.JobType, ForgetSignInFailures.RunAsync);

        work.Job<SendMail.Job>(SendMail.JobType, SendMail.RunAsync, SendMail.Policy);
        work.Job<AnswerRegistration.Job>(AnswerRegistration.JobType, AnswerRegistration.RunAsync);
        work.Job<AnswerPasswordReset.Job>(AnswerPasswordReset.JobType, AnswerPasswordReset.RunAsync);
        work.Job<AnswerEmailChange.Job>(AnswerEmailChange.JobType, AnswerEmailChange.RunAsync);
        work.Every(ForgetMailTokens.Cron, ForgetMailTokens.JobType, ForgetMailTokens.RunAsync);
    }
}
