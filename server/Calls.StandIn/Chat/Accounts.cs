using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Calls.StandIn.Hub;
using Calls.StandIn.State;

namespace Calls.StandIn.Chat;

/// <summary>Users and their sessions: log-in, creation, deactivation, roles.</summary>
internal sealed partial class Accounts(ServerState state, WebSocketHub hub)
{
    private const int MinPasswordLength = 8;

    /// <summary>Checks name and password; what went wrong is masked as on the stock server.</summary>
    public User LogIn(string loginId, string password)
    {
        User? user = loginId.Length == 0 ? null : state.Users.GetByLogin(loginId);
        if (password.Length == 0)
        {
            throw new ApiException(400, "api.user.login.blank_pwd.app_error", "Password field must not be blank");
        }

        if (user is null)
        {
            throw InvalidCredentials();
        }

        if (user.IsBot)
        {
            throw new ApiException(401, "api.user.login.bot_login_forbidden.app_error", "Bot login is forbidden.");
        }

        if (user.FailedLogins >= state.Settings.Current.Int("ServiceSettings", "MaximumLoginAttempts"))
        {
            throw new ApiException(401, "api.user.check_user_login_attempts.too_many.app_error", "Your account is locked because of too many failed password attempts. Please reset your password.");
        }

        if (user.Password != password)
        {
            state.Users.Update(user.Id, u => u with { FailedLogins = u.FailedLogins + 1 });
            throw InvalidCredentials();
        }

        if (user.DeleteAt > 0)
        {
            throw new ApiException(401, "api.user.login.inactive.app_error", "Login failed because your account has been deactivated. Please contact an administrator.");
        }

        return state.Users.Update(user.Id, static u => u with { FailedLogins = 0 })!;
    }

    /// <summary>Creates an ordinary account.</summary>
    public User Create(string username, string email, string password, Func<User, User>? complete = null)
    {
        if (!ValidUsername().IsMatch(username))
        {
            throw new ApiException(400, "model.user.is_valid.username.app_error", "Username must begin with a letter and contain between 3 and 22 characters including numbers, lowercase letters, and the symbols '.', '-', and '_'.");
        }

        if (!email.Contains('@') || email != email.ToLowerInvariant())
        {
            throw new ApiException(400, "model.user.is_valid.email.app_error", "Invalid email.");
        }

        if (password.Length < MinPasswordLength)
        {
            throw new ApiException(400, "model.user.is_valid.pwd_min_length.app_error", $"Your password must contain at least {MinPasswordLength} characters.");
        }

        long now = state.Clock.NowMs;
        var user = new User { Id = Ids.New(), CreateAt = now, UpdateAt = now, Username = username, Email = email, Password = password };
        user = complete is null ? user : complete(user);
        if (!state.Users.TryAdd(user))
        {
            throw state.Users.GetByUsername(username) is not null
                ? new ApiException(400, "app.user.save.username_exists.app_error", "An account with that username already exists.")
                : new ApiException(400, "app.user.save.email_exists.app_error", "An account with that email already exists.");
        }

        hub.Publish(new WebSocketEvent("new_user", new JsonObject { ["user_id"] = user.Id }, Broadcast.Everyone, user.Id));
        return user;
    }

    /// <summary>Deactivation revokes every session before anybody is told; bots of the user go with it if so configured.</summary>
    public User SetActive(string userId, bool isActive)
    {
        long now = state.Clock.NowMs;
        User user = state.Users.Update(userId, u => u with { DeleteAt = isActive ? 0 : now, UpdateAt = now }) ?? throw ApiException.NoUser();
        if (!isActive)
        {
            RevokeAll(userId);
            if (!user.IsBot && state.Settings.Current.Bool("ServiceSettings", "DisableBotsWhenOwnerIsDeactivated"))
            {
                foreach (User bot in state.Users.All().Where(b => b.IsBot && b.BotOwnerId == userId && b.DeleteAt == 0))
                {
                    SetActive(bot.Id, isActive: false);
                }
            }
        }

        hub.InvalidateUser(userId);
        PublishUpdated(user);
        return user;
    }

    /// <summary>Changes profile fields and tells everyone.</summary>
    public User Update(string userId, Func<User, User> change)
    {
        User user = state.Users.Update(userId, u => change(u) with { UpdateAt = state.Clock.NowMs }) ?? throw ApiException.NoUser();
        PublishUpdated(user);
        return user;
    }

    public User SetRoles(string userId, string roles)
    {
        User user = state.Users.Update(userId, u => u with { Roles = roles, UpdateAt = state.Clock.NowMs }) ?? throw ApiException.NoUser();
        state.Sessions.SetRoles(userId, roles);
        hub.InvalidateUser(userId);
        hub.Publish(new WebSocketEvent("user_role_updated", new JsonObject { ["user_id"] = userId, ["roles"] = roles }, Broadcast.ToUser(userId)));
        return user;
    }

    /// <summary>Nobody is told: the sockets of the session stay open and fall silent.</summary>
    public bool Revoke(string token)
    {
        if (state.Sessions.Revoke(token) is not { } userId)
        {
            return false;
        }

        hub.InvalidateUser(userId);
        return true;
    }

    public void RevokeAll(string userId)
    {
        state.Sessions.RevokeAll(userId);
        hub.InvalidateUser(userId);
    }

    private void PublishUpdated(User user)
    {
        IReadOnlyDictionary<string, bool>? omit = Broadcast.Omit(user.Id);
        Send(UserView.Of(user, state, UserView.Audience.Administrator), new Broadcast { OmitUsers = omit, ContainsSensitiveData = true });
        Send(UserView.Of(user, state, UserView.Audience.Others), new Broadcast { OmitUsers = omit, ContainsSanitizedData = true });
        Send(UserView.Of(user, state, UserView.Audience.Self), Broadcast.ToUser(user.Id));

        void Send(JsonObject view, Broadcast target) =>
            hub.Publish(new WebSocketEvent("user_updated", new JsonObject { ["user"] = view }, target, user.Id));
    }

    private static ApiException InvalidCredentials() =>
        new(401, "api.user.login.invalid_credentials_email_username", "Enter a valid email or username and/or password.");

    [GeneratedRegex(@"^[a-z][a-z0-9.\-_]{2,63}$")]
    private static partial Regex ValidUsername();
}
