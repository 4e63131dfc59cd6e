using Calls.Domain;
using Calls.Domain.Ports;

namespace Calls.Server.Mattermost.Proxy;

/// <summary>Keeps users from editing posts of calls, as the plugin's update hook does (mattermost-integration.md 3.17, rest-api.md 7).</summary>
internal sealed class PostEditGuard(ReverseProxy proxy, IChatHost host)
{
    private const string CallPost = "custom_calls";

    // The words that Mattermost puts before a plugin's reason.
    private const string Refusal = "Post rejected by plugin. you are not allowed to edit a call post";

    /// <summary><c>PUT /api/v4/posts/{id}</c> and <c>/patch</c>. The service itself edits past the gateway.</summary>
    public async Task HandleAsync(HttpContext context)
    {
        string id = (string?)context.Request.RouteValues["postId"] ?? "";
        try
        {
            ChatPost? post = RandomId.IsValid(id) ? await host.GetPostAsync(new PostId(id), context.RequestAborted) : null;
            if (post?.Type != CallPost)
            {
                await proxy.ForwardAsync(context);
                return;
            }
        }
        catch (ChatHostException)
        {
            context.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
            return;
        }

        context.Response.StatusCode = StatusCodes.Status400BadRequest;
        await context.Response.WriteAsJsonAsync(new { id = Refusal, message = Refusal, detailed_error = "", status_code = StatusCodes.Status400BadRequest });
    }
}
