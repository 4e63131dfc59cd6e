namespace Calls.Server.Api;

/// <summary>Adds routes below the plugin's base path, each behind the gate.</summary>
internal sealed class ApiRoutes(IEndpointRouteBuilder routes, ApiGate gate)
{
    /// <summary>The route segment of a channel: 26 characters of [a-z0-9], anything else is another route.</summary>
    public const string ChannelSegment = "{channelId:" + MattermostIdConstraint.Name + "}";

    /// <summary>The route segment of any other id.</summary>
    public static string Id(string name) => $"{{{name}:{MattermostIdConstraint.Name}}}";

    /// <summary>A route behind a gate of its own.</summary>
    public void Add(string method, string pattern, RequestDelegate handler) => routes.MapMethods(pattern, [method], handler);

    public void Get(string pattern, Func<ApiRequest, Task<ApiAnswer>> handler, FailureShape failures = FailureShape.Envelope)
    {
        routes.MapGet(pattern, context => gate.RunAsync(context, handler, failures));
        RefusePost(pattern);
    }

    public void GetAnonymous(string pattern, Func<ApiAnswer> handler)
    {
        routes.MapGet(pattern, context => gate.RunAnonymousAsync(context, handler));
        RefusePost(pattern);
    }

    public void Post(string pattern, Func<ApiRequest, Task<ApiAnswer>> handler, FailureShape failures = FailureShape.Envelope) =>
        routes.MapPost(pattern, context => gate.RunAsync(context, handler, failures));

    // The router weighs methods before constraints: without this, a POST to a fixed path counts as one to a channel whose id
    // then does not match, which is a 404 instead of a 405.
    private void RefusePost(string pattern)
    {
        if (!pattern.Contains('{', StringComparison.Ordinal))
        {
            routes.MapPost(pattern, static context =>
            {
                context.Response.StatusCode = StatusCodes.Status405MethodNotAllowed;
                context.Response.Headers.Allow = HttpMethods.Get;
                return Task.CompletedTask;
            });
        }
    }
}
