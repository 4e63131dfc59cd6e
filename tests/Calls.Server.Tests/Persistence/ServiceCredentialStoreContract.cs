using Calls.Domain.Ports;
using Calls.Server.Tests.Persistence.Testing;

namespace Calls.Server.Tests.Persistence;

/// <summary>What every store of credentials must do. One class per database derives from it.</summary>
public abstract class ServiceCredentialStoreContract
{
    protected abstract IServiceCredentialStore Credentials { get; }

    [StoreFact]
    public async Task What_was_agreed_is_what_the_next_one_finds()
    {
        ServiceCredentials first = await Credentials.AgreeAsync(
            "jobs", stored => stored ?? new ServiceCredentials("http://one", "us", "key-1"), default);
        ServiceCredentials again = await Credentials.AgreeAsync(
            "jobs", stored => stored ?? new ServiceCredentials("http://two", "them", "key-2"), default);

        Assert.Equal(first, again);
        Assert.Equal("key-1", again.AuthKey);
    }

    [StoreFact]
    public async Task A_changed_choice_replaces_what_was_stored()
    {
        await Credentials.AgreeAsync("jobs", _ => new ServiceCredentials("http://one", "us", "key-1"), default);
        await Credentials.AgreeAsync("jobs", stored => stored! with { Url = "http://two" }, default);

        Assert.Equal(
            new ServiceCredentials("http://two", "us", "key-1"),
            await Credentials.AgreeAsync("jobs", stored => stored!, default));
    }

    [StoreFact]
    public async Task Services_have_credentials_of_their_own()
    {
        await Credentials.AgreeAsync("jobs", _ => new ServiceCredentials("http://one", "us", "key-1"), default);

        ServiceCredentials? found = null;
        await Credentials.AgreeAsync(
            "rtcd",
            stored =>
            {
                found = stored;
                return new ServiceCredentials("http://rtcd", "us", "key-2");
            },
            default);

        Assert.Null(found);
    }

    [StoreFact]
    public async Task Many_that_start_together_agree_on_one_pair()
    {
        ServiceCredentials[] all = await Task.WhenAll(Enumerable.Range(0, 16).Select(i => Task.Run(
            () => Credentials.AgreeAsync("jobs", stored => stored ?? new ServiceCredentials("http://one", "us", $"key-{i}"), default))));

        Assert.Single(all.Distinct());
    }

    [StoreFact]
    public void The_key_does_not_show()
    {
        Assert.DoesNotContain("secret-key", new ServiceCredentials("http://one", "us", "secret-key").ToString(), StringComparison.Ordinal);
    }
}
