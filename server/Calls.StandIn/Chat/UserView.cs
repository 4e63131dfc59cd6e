using System.Text.Json.Nodes;
using Calls.StandIn.State;

namespace Calls.StandIn.Chat;

/// <summary>What of a user whom sees.</summary>
internal static class UserView
{
    public enum Audience
    {
        Self,
        Administrator,
        Others,
    }

    public static JsonObject Of(User user, ServerState state, Audience audience)
    {
        JsonObject view = Wire.ToNode(user)!.AsObject();
        ServerConfig config = state.Settings.Current;
        if (audience == Audience.Others)
        {
            view.Remove("auth_data");
            if (!config.Bool("PrivacySettings", "ShowEmailAddress"))
            {
                view["email"] = "";
            }

            if (!config.Bool("PrivacySettings", "ShowFullName"))
            {
                view["first_name"] = "";
                view["last_name"] = "";
            }
        }
        else
        {
            view["email_verified"] = true;
            view["notify_props"] = new JsonObject
            {
                ["channel"] = "true",
                ["comments"] = "never",
                ["desktop"] = "mention",
                ["desktop_sound"] = "true",
                ["email"] = "true",
                ["first_name"] = "false",
                ["mention_keys"] = "",
                ["push"] = "mention",
                ["push_status"] = "online",
            };
        }

        view["timezone"] = new JsonObject { ["automaticTimezone"] = "", ["manualTimezone"] = "", ["useAutomaticTimezone"] = "true" };
        return view;
    }

    /// <summary>The view that <paramref name="session"/> gets.</summary>
    public static JsonObject For(Session session, User user, ServerState state) => Of(
        user,
        state,
        session.UserId == user.Id ? Audience.Self : state.Permissions.IsSystemAdmin(session) ? Audience.Administrator : Audience.Others);
}
