using Calls.Domain.Ports;
using Calls.Server.Signaling;

namespace Calls.Server.Api;

/// <summary>What every matched request passes, in this order: identity, rate limit, handler (rest-api.md 1.4).</summary>
internal sealed partial class ApiGate(IRequestIdentity identities, UserRateLimits limits, ILogger<ApiGate> log)
{
    /// <summary>What a client is told of what it cannot help.</summary>
    public const string Defect = "An internal error has occurred. Check app server logs for details.";

    private const string TooMany = "{\"message\": \"too many requests\", \"status_code\": 429}";

    public Task RunAsync(HttpContext context, Func<ApiRequest, Task<ApiAnswer>> handler, FailureShape failures) =>
        AnswerAsync(context, failures, isAnonymousAllowed: false, handler);

    /// <summary>For routes that anybody may use; a user who can be told is limited all the same.</summary>
    public Task RunAnonymousAsync(HttpContext context, Func<ApiAnswer> handler) =>
        AnswerAsync(context, FailureShape.Text, isAnonymousAllowed: true, _ => Task.FromResult(handler()));

    private async Task AnswerAsync(
        HttpContext context, FailureShape failures, bool isAnonymousAllowed, Func<ApiRequest, Task<ApiAnswer>> handler)
    {
        RequestIdentity identity = await identities.ResolveAsync(context, context.RequestAborted);
        ApiAnswer answer = identity.Status switch
        {
            IdentityStatus.Known when !limits.TryTake(identity.User) => ApiAnswer.Text(StatusCodes.Status429TooManyRequests, TooMany),
            IdentityStatus.Known => await HandleAsync(new ApiRequest(context, identity.User), failures, handler),
            _ when isAnonymousAllowed => await HandleAsync(new ApiRequest(context, default), failures, handler),
            IdentityStatus.Undecided => ApiAnswer.Text(StatusCodes.Status503ServiceUnavailable, "Service Unavailable"),
            _ => ApiAnswer.Text(StatusCodes.Status401Unauthorized, "Unauthorized"),
        };
        await answer.WriteAsync(context.Response);
    }

    /// <summary>Runs a handler that was let in; what goes wrong becomes an answer.</summary>
    public async Task<ApiAnswer> HandleAsync(ApiRequest request, FailureShape failures, Func<ApiRequest, Task<ApiAnswer>> handler)
    {
        try
        {
            return await handler(request);
        }
        catch (ChatHostException failure)
        {
            return Failed(failures, failure.Message);
        }
        catch (CallLockException failure)
        {
            return Failed(failures, RefusalText.LockFailed(failure.Message));
        }
        catch (CallStoreException failure)
        {
            return Failed(failures, $"{RefusalText.Of(failure.Operation)}: {failure.Message}");
        }
        catch (Exception defect) when (defect is not OperationCanceledException)
        {
            LogDefect(request.Context.GetEndpoint()?.DisplayName, defect);
            return Failed(failures, Defect);
        }
    }

    private static ApiAnswer Failed(FailureShape failures, string text) =>
        ApiAnswer.Failure(failures, StatusCodes.Status500InternalServerError, text);

    [LoggerMessage(3001, LogLevel.Error, "{Route} failed unexpectedly")]
    private partial void LogDefect(string? route, Exception defect);
}
