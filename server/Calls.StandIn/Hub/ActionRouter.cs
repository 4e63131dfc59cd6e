using System.Text.Json.Nodes;
using Calls.StandIn.State;

namespace Calls.StandIn.Hub;

/// <summary>Native WebSocket actions and their replies (signaling.md 1.4, 1.9).</summary>
internal sealed class ActionRouter(WebSocketHub hub)
{
    private readonly ServerState _state = hub.State;

    public void Route(WebConnection connection, ClientRequest request)
    {
        if (request.Action.Length == 0)
        {
            Fail(connection, request, "api.web_socket_router.no_action.app_error", "No websocket action.", 400);
            return;
        }

        if (request.Seq <= 0)
        {
            Fail(connection, request, "api.web_socket_router.bad_seq.app_error", "Invalid sequence for WebSocket message.", 400);
            return;
        }

        switch (request.Action)
        {
            case "authentication_challenge":
                Challenge(connection, request);
                return;
            case "presence":
                Succeed(connection, request, null);
                return;
        }

        if (!hub.Ask(connection, static c => c.IsAuthenticated()))
        {
            Fail(connection, request, "api.web_socket_router.not_authenticated.app_error", "WebSocket connection is not authenticated. Please log in and try again.", 401);
            return;
        }

        switch (request.Action)
        {
            case "ping":
                Ping(connection, request);
                break;
            case "user_typing":
                Typing(connection, request);
                break;
            case "user_update_active_status":
                UpdateActiveStatus(connection, request);
                break;
            case "get_statuses":
                Succeed(connection, request, Statuses(hub.OnlineUsers()));
                break;
            case "get_statuses_by_ids":
                StatusesByIds(connection, request);
                break;
            case "posted_notify_ack":
                Succeed(connection, request, null);
                break;
            default:
                Fail(connection, request, "api.web_socket_router.bad_action.app_error", "Unknown WebSocket action.", 500);
                break;
        }
    }

    private void Challenge(WebConnection connection, ClientRequest request)
    {
        if (connection.HasToken)
        {
            return;
        }

        if (request.Text("token") is not { } token || _state.Sessions.Resolve(token) is not { } session)
        {
            connection.End();
            return;
        }

        hub.Ask(connection, c =>
        {
            c.Authenticate(session);
            return true;
        });
        hub.Register(connection);
        Succeed(connection, request, null);
    }

    private void Ping(WebConnection connection, ClientRequest request)
    {
        if (!hub.Faults.AnswersPings)
        {
            return;
        }

        Succeed(connection, request, new JsonObject
        {
            ["node_id"] = "",
            ["server_time"] = _state.Clock.NowMs,
            ["text"] = "pong",
            ["version"] = ServerState.Version,
        });
    }

    private void Typing(WebConnection connection, ClientRequest request)
    {
        string channelId = request.Text("channel_id") ?? "";
        if (!Ids.IsValid(channelId)
            || _state.Channels.Get(channelId) is not { } channel
            || hub.Ask(connection, static c => c.Session) is not { } session
            || !_state.Permissions.HasChannel(session, channel, Permission.CreatePost))
        {
            InvalidParameter(connection, request, "channel_id");
            return;
        }

        hub.Publish(new WebSocketEvent(
            "typing",
            new JsonObject { ["parent_id"] = request.Text("parent_id") ?? "", ["user_id"] = connection.UserId },
            Broadcast.ToChannel(channelId, connection.UserId)));
        Succeed(connection, request, null);
    }

    private void UpdateActiveStatus(WebConnection connection, ClientRequest request)
    {
        if (request.Flag("user_is_active") is null)
        {
            InvalidParameter(connection, request, "user_is_active");
            return;
        }

        Succeed(connection, request, null);
    }

    private void StatusesByIds(WebConnection connection, ClientRequest request)
    {
        if (request.Data is null || !request.Data.TryGetValue("user_ids", out object? value)
            || value is not IReadOnlyList<object?> { Count: > 0 } list || list.Any(static id => id is not string))
        {
            InvalidParameter(connection, request, "user_ids");
            return;
        }

        Succeed(connection, request, Statuses(list.Cast<string>()));
    }

    private JsonObject Statuses(IEnumerable<string> users)
    {
        var result = new JsonObject();
        foreach (string user in users)
        {
            result[user] = hub.IsOnline(user) ? "online" : "offline";
        }

        return result;
    }

    private void Succeed(WebConnection connection, ClientRequest request, JsonObject? data)
    {
        var reply = new JsonObject { ["status"] = "OK" };
        AddNumber(reply, request);
        if (data is { Count: > 0 })
        {
            reply["data"] = data;
        }

        hub.Reply(connection, reply);
    }

    private void InvalidParameter(WebConnection connection, ClientRequest request, string name) =>
        Fail(connection, request, "api.websocket_handler.invalid_param.app_error", $"Invalid {name} parameter.", 400);

    private void Fail(WebConnection connection, ClientRequest request, string id, string message, int status)
    {
        var reply = new JsonObject { ["status"] = "FAIL" };
        AddNumber(reply, request);
        reply["error"] = new JsonObject { ["id"] = id, ["message"] = message, ["detailed_error"] = "", ["status_code"] = status };
        hub.Reply(connection, reply);
    }

    // The stock reply omits the number 0.
    private static void AddNumber(JsonObject reply, ClientRequest request)
    {
        if (request.Seq != 0)
        {
            reply["seq_reply"] = request.Seq;
        }
    }
}
