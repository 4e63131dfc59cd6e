namespace Calls.Server.Api;

/// <summary>Tells who sent a request. Implemented by the front end.</summary>
public interface IRequestIdentity
{
    /// <summary>Never throws for bad or missing credentials.</summary>
    ValueTask<RequestIdentity> ResolveAsync(HttpContext context, CancellationToken cancellation);
}
