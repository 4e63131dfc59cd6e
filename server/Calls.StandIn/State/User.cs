using System.Text.Json.Serialization;

namespace Calls.StandIn.State;

/// <summary>An account, human or bot. Immutable: a change replaces it in <see cref="UserStore"/>.</summary>
internal sealed record User
{
    public required string Id { get; init; }

    public long CreateAt { get; init; }

    public long UpdateAt { get; init; }

    public long DeleteAt { get; init; }

    public required string Username { get; init; }

    public string AuthData { get; init; } = "";

    public string AuthService { get; init; } = "";

    public string Email { get; init; } = "";

    public string Nickname { get; init; } = "";

    public string FirstName { get; init; } = "";

    public string LastName { get; init; } = "";

    public string Position { get; init; } = "";

    /// <summary>System roles separated by spaces.</summary>
    public string Roles { get; init; } = "system_user";

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public long LastPictureUpdate { get; init; }

    public string Locale { get; init; } = "en";

    public bool DisableWelcomeEmail { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool IsBot { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? BotDescription { get; init; }

    /// <summary>The user that created this bot, or a plugin's id.</summary>
    [JsonIgnore]
    public string BotOwnerId { get; init; } = "";

    /// <summary>Avatar bytes that were uploaded; <c>null</c> = a generated one.</summary>
    [JsonIgnore]
    public byte[]? Image { get; init; }

    [JsonIgnore]
    public string Password { get; init; } = "";

    [JsonIgnore]
    public int FailedLogins { get; init; }

    /// <summary>MFA is enforced for this user and not yet set up.</summary>
    [JsonIgnore]
    public bool OwesMfa { get; init; }

    [JsonIgnore]
    public IReadOnlyList<string> RoleNames => Roles.Split(' ', StringSplitOptions.RemoveEmptyEntries);

    [JsonIgnore]
    public bool IsGuest => RoleNames.Contains("system_guest");
}
