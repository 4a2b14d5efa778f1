using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.DependencyInjection;
using Verdigris.Primitives;
using Verdigris.Storage;
using Verdigris.Web;

namespace Verdigris.Server;

/// <summary>Sign-in, tokens and the policies that pages and routes name.</summary>
static class IdentityServices
{
    /// <summary>What a sign-in name is made of.</summary>
    public const string NameCharacters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._@+";

    public static void AddVerdigrisIdentity(this IServiceCollection services, string dataFolder)
    {
        services.AddDataProtection().SetApplicationName("verdigris").PersistKeysToFileSystem(KeyFolder(dataFolder));
        services.AddSingleton<AccessCache>();
        services.AddSingleton<OrganisationDirectory>();
        services.AddScoped<ICurrentActor, SignedInActor>();
        services.AddSingleton<IStandingActor, StandingActor>();
        services.AddSingleton<SecondSteps>();
        services.AddSingleton<SignInSessions>();
        services.AddSingleton<IDailyWork, SessionClearing>();
        services.AddScoped<AccountRecovery>();
        services.AddSingleton<IOutboxSubscriber, RecoveryDelivery>();
        services.AddScoped<SignInDesk>();
        services.AddScoped<Passkeys>();
        services.AddSingleton<OutsideProvider>();
        services.AddScoped<OutsideAccounts>();
        services.AddScoped<IPasskeyHandler<Person>, PasskeyHandler<Person>>();
        services.AddOptions<IdentityPasskeyOptions>().Configure<ServerOptions>((passkeys, server) =>
        {
            // The device makes sure of its owner, and keeps the name: both steps in one.
            passkeys.UserVerificationRequirement = "required";
            passkeys.ResidentKeyRequirement = "required";
            passkeys.AuthenticatorTimeout = TimeSpan.FromMinutes(2);
            passkeys.ServerDomain = server.PublicAddress?.IdnHost;
        });
        services.AddScoped<PeopleStore>();
        services.AddScoped<ClientStore>();
        services.AddSingleton<Scopes>();
        services.AddSingleton<Delegations>();
        services.AddSingleton(new NoticeKind(Delegations.Given, Personal: true));
        services.AddSingleton(new NoticeKind(Delegations.Ended, Personal: true));
        services.AddSingleton(new NoticeKind(DelegationReminders.Ending, Personal: true));
        services.AddSingleton<IDailyWork, DelegationReminders>();
        services.AddSingleton<SecretRotation>();
        services.AddSingleton(new NoticeKind(ClientReminders.Expiring, Personal: true));
        services.AddSingleton<IDailyWork, ClientReminders>();
        services.AddScoped<IUserStore<Person>, PersonStore>();
        services.AddIdentityCore<Person>(options =>
        {
            // Length protects, composition rules do not (NIST SP 800-63B, 5.1.1.2).
            options.Password.RequiredLength = 12;
            options.Password.RequiredUniqueChars = 5;
            options.Password.RequireDigit = options.Password.RequireLowercase = options.Password.RequireUppercase = options.Password.RequireNonAlphanumeric = false;
            options.Lockout.MaxFailedAccessAttempts = 5;
            options.Lockout.DefaultLockoutTimeSpan = TimeSpan.FromMinutes(10);
            options.User.AllowedUserNameCharacters = NameCharacters;
        });
        services.AddAuthentication(Schemes.Either)
            .AddPolicyScheme(Schemes.Either, null, options => options.ForwardDefaultSelector = context => BearerHandler.IsMeant(context.Request) ? Schemes.Bearer : Schemes.Cookie)
            .AddCookie(Schemes.Cookie, SessionCookie.Configure)
            .AddScheme<AuthenticationSchemeOptions, BearerHandler>(Schemes.Bearer, null);
        var authorization = services.AddAuthorizationBuilder();
        // [Authorize(Policy = Role.Administrator)], or RequireAuthorization(Role.WarehouseOperator): held in the organisation acted for.
        foreach (var role in Role.All)
            authorization.AddPolicy(role, policy => policy.RequireAuthenticatedUser().AddRequirements(new RoleRequirement(role)));
        services.AddScoped<IAuthorizationHandler, RoleHandler>();
        services.AddCascadingAuthenticationState();
    }

    static DirectoryInfo KeyFolder(string dataFolder)
    {
        var folder = Path.Combine(dataFolder, "keys");
        return OperatingSystem.IsWindows() ? Directory.CreateDirectory(folder) : Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }

    sealed record RoleRequirement(string Role) : IAuthorizationRequirement;

    sealed class RoleHandler(ICurrentActor current) : AuthorizationHandler<RoleRequirement>
    {
        protected override Task HandleRequirementAsync(AuthorizationHandlerContext context, RoleRequirement requirement)
        {
            if (current.Actor.Is(requirement.Role)) context.Succeed(requirement);
            return Task.CompletedTask;
        }
    }
}
