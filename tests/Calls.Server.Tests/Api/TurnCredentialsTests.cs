using Calls.Server.Api;

namespace Calls.Server.Tests.Api;

public sealed class TurnCredentialsTests
{
    [Fact]
    [Trait("Spec", "media-23")]
    public void Credentials_are_the_end_and_the_user_signed_with_the_secret()
    {
        DateTimeOffset end = DateTimeOffset.FromUnixTimeSeconds(1_700_000_000);

        TurnCredentials? credentials = TurnCredentials.TryCreate("u", "s", TimeSpan.FromHours(1), end - TimeSpan.FromHours(1), out string problem);

        Assert.Equal("", problem);
        Assert.Equal("1700000000:u", credentials!.Username);

        // printf '1700000000:u' | openssl dgst -sha1 -hmac s -binary | base64
        Assert.Equal("Ju1eXHuhLORhcmGw76LcZyL37KU=", credentials.Credential);
    }
}
