using System.Collections.Immutable;

namespace Calls.StandIn.State;

/// <summary>Sessions and personal access tokens.</summary>
internal sealed class SessionStore(Clock clock, UserStore users, SettingsStore settings)
{
    private const long AccessTokenLifeMs = 100L * 365 * 24 * 3600 * 1000;

    private readonly Lock _gate = new();
    private readonly Dictionary<string, Session> _byToken = new(StringComparer.Ordinal);
    private readonly Dictionary<string, AccessToken> _accessTokens = new(StringComparer.Ordinal);

    public Session Create(User user, string deviceId, string platform, string os, bool isOAuth = false)
    {
        long now = clock.NowMs;
        ImmutableDictionary<string, string> props = ImmutableDictionary<string, string>.Empty
            .Add("csrf", Ids.New())
            .Add("platform", platform)
            .Add("os", os)
            .Add("browser", "unknown")
            .Add("is_guest", user.IsGuest ? "true" : "false");
        var session = new Session
        {
            Id = Ids.New(),
            Token = Ids.New(),
            CreateAt = now,
            LastActivityAt = now,
            ExpiresAt = now + (settings.Current.Int("ServiceSettings", "SessionLengthWebInHours") * 3_600_000L),
            UserId = user.Id,
            DeviceId = deviceId,
            Roles = user.Roles,
            IsOAuth = isOAuth,
            Props = props,
        };
        lock (_gate)
        {
            _byToken.Add(session.Token, session);
        }

        return session;
    }

    public AccessToken CreateAccessToken(string userId, string description, string? fixedToken = null)
    {
        var token = new AccessToken(Ids.New(), fixedToken ?? Ids.New(), userId, description);
        lock (_gate)
        {
            _accessTokens.Add(token.Token, token);
        }

        return token;
    }

    /// <summary>The session of a token, or <c>null</c> when it is unknown, expired, idle for too long or revoked.</summary>
    public Session? Resolve(string token)
    {
        long now = clock.NowMs;
        lock (_gate)
        {
            if (_byToken.TryGetValue(token, out Session? session))
            {
                if ((session.ExpiresAt > 0 && session.ExpiresAt < now) || IsIdle(session, now))
                {
                    return null;
                }

                return session;
            }

            return _accessTokens.TryGetValue(token, out AccessToken? access) ? CreateForAccessToken(access, now) : null;
        }
    }

    public IReadOnlyList<Session> OfUser(string userId)
    {
        lock (_gate)
        {
            return [.. _byToken.Values.Where(s => s.UserId == userId).OrderByDescending(s => s.LastActivityAt)];
        }
    }

    /// <summary>Changes a session in place; <c>null</c> when the token has none.</summary>
    public Session? Update(string token, Func<Session, Session> change)
    {
        lock (_gate)
        {
            return _byToken.TryGetValue(token, out Session? session) ? _byToken[token] = change(session) : null;
        }
    }

    /// <summary>Moves the last activity, at most once per five minutes as the stock server does.</summary>
    public bool Touch(string token)
    {
        long now = clock.NowMs;
        lock (_gate)
        {
            if (!_byToken.TryGetValue(token, out Session? session) || now - session.LastActivityAt < 300_000)
            {
                return false;
            }

            _byToken[token] = session with { LastActivityAt = now };
            return true;
        }
    }

    /// <summary>Ends the session of a token and disables the access token of that value; returns the user it belonged to.</summary>
    public string? Revoke(string token)
    {
        lock (_gate)
        {
            string? user = null;
            if (_byToken.Remove(token, out Session? session))
            {
                user = session.UserId;
            }

            if (_accessTokens.Remove(token, out AccessToken? access))
            {
                user = access.UserId;
            }

            return user;
        }
    }

    public void RevokeAll(string userId)
    {
        lock (_gate)
        {
            foreach (string token in _byToken.Where(p => p.Value.UserId == userId).Select(p => p.Key).ToArray())
            {
                _byToken.Remove(token);
            }

            foreach (string token in _accessTokens.Where(p => p.Value.UserId == userId).Select(p => p.Key).ToArray())
            {
                _accessTokens.Remove(token);
            }
        }
    }

    /// <summary>Copies changed system roles into the sessions of a user.</summary>
    public void SetRoles(string userId, string roles)
    {
        lock (_gate)
        {
            foreach (Session session in _byToken.Values.Where(s => s.UserId == userId).ToArray())
            {
                _byToken[session.Token] = session with { Roles = roles };
            }
        }
    }

    private bool IsIdle(Session session, long now)
    {
        long idleMs = settings.Current.Int("ServiceSettings", "SessionIdleTimeoutInMinutes") * 60_000L;
        return idleMs > 0 && !session.IsOAuth && !session.IsAccessToken && session.DeviceId.Length == 0
            && now - session.LastActivityAt > idleMs;
    }

    private Session? CreateForAccessToken(AccessToken access, long now)
    {
        User? user = users.Get(access.UserId);
        if (user is null || user.DeleteAt > 0 || !access.IsActive)
        {
            return null;
        }

        // Without EnableUserAccessTokens only bots may use theirs.
        if (!user.IsBot && !settings.Current.Bool("ServiceSettings", "EnableUserAccessTokens"))
        {
            return null;
        }

        ImmutableDictionary<string, string> props = ImmutableDictionary<string, string>.Empty
            .Add("user_access_token_id", access.Id)
            .Add("type", "UserAccessToken")
            .Add("is_guest", user.IsGuest ? "true" : "false");
        if (user.IsBot)
        {
            props = props.Add("is_bot", "true");
        }

        var session = new Session
        {
            Id = Ids.New(),
            Token = access.Token,
            CreateAt = now,
            LastActivityAt = now,
            ExpiresAt = now + AccessTokenLifeMs,
            UserId = user.Id,
            Roles = user.Roles,
            Props = props,
        };
        _byToken.Add(session.Token, session);
        return session;
    }
}
