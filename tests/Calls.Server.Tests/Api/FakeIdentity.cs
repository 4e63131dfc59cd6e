using Calls.Domain;
using Calls.Server.Api;
using Calls.Server.Tests.Signaling;
using Microsoft.AspNetCore.Http;

namespace Calls.Server.Tests.Api;

/// <summary>Believes a header of the test.</summary>
internal sealed class FakeIdentity : IRequestIdentity
{
    public const string Header = "Test-User";
    public const string Undecided = "undecided";

    public ValueTask<RequestIdentity> ResolveAsync(HttpContext context, CancellationToken cancellation) =>
        ValueTask.FromResult(context.Request.Headers[Header].ToString() switch
        {
            "" => RequestIdentity.Anonymous,
            Undecided => RequestIdentity.Undecided,
            string user => RequestIdentity.Known(new UserId(user), new FakeAuth()),
        });
}
