using Calls.Domain.Ports;
using Calls.Server.Configuration;

namespace Calls.Server.Jobs;

/// <summary>The address of the job service, and what it may itself say of who we are.</summary>
/// <param name="Url">Without user, password and slash at the end.</param>
/// <param name="User">Empty = none.</param>
/// <param name="Password">Secret; empty = none.</param>
internal sealed record OffloaderAccess(string Url, string User, string Password)
{
    private const int KeyBytes = 24; // 32 characters, the least that the service takes

    /// <returns><c>null</c> if it is no http or https URL.</returns>
    public static OffloaderAccess? Parse(string text)
    {
        if (!Uri.TryCreate(text, UriKind.Absolute, out Uri? url) || url.Scheme is not ("http" or "https"))
        {
            return null;
        }

        string[] user = url.UserInfo.Split(':', 2);
        return new OffloaderAccess(
            url.GetComponents(UriComponents.HttpRequestUrl & ~UriComponents.UserInfo, UriFormat.UriEscaped).TrimEnd('/'),
            Uri.UnescapeDataString(user[0]),
            user.Length > 1 ? Uri.UnescapeDataString(user[1]) : "");
    }

    /// <summary>Credentials that are given, if any are complete; else what the store agrees on (configuration.md 5.3, storage-and-jobs.md 8).</summary>
    /// <param name="diagnosticId">Asked for Mattermost's own id; only if no other is given.</param>
    public async Task<ServiceCredentials> ChooseAsync(
        JobServiceOptions options, IServiceCredentialStore store, Func<Task<string>> diagnosticId, CancellationToken cancellation)
    {
        (string id, string key) = (options.ClientId, options.AuthKey);
        if (id.Length == 0 && key.Length == 0)
        {
            (id, key) = (User, Password);
        }

        if (id.Length == 0)
        {
            id = await diagnosticId();
        }

        // A key that is given stays where it was given.
        return key.Length > 0
            ? new ServiceCredentials(Url, id, key)
            : await store.AgreeAsync("jobs", stored => new ServiceCredentials(Url, id, stored?.AuthKey ?? NewKey()), cancellation);
    }

    public override string ToString() => Url;

    private static string NewKey() =>
        System.Buffers.Text.Base64Url.EncodeToString(System.Security.Cryptography.RandomNumberGenerator.GetBytes(KeyBytes));
}
