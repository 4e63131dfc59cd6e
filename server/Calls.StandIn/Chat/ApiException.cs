namespace Calls.StandIn.Chat;

/// <summary>A refusal in the shape of the stock server's error object.</summary>
internal sealed class ApiException(int status, string id, string message, string detail = "") : Exception(message)
{
    public int Status { get; } = status;

    public string Id { get; } = id;

    /// <summary>Shown in developer mode only.</summary>
    public string Detail { get; } = detail;

    public static ApiException InvalidBody(string name) => new(400, "api.context.invalid_body_param.app_error", $"Invalid or missing {name} in request body.");

    public static ApiException InvalidUrl(string name) => new(400, "api.context.invalid_url_param.app_error", $"Invalid or missing {name} parameter in request URL.");

    public static ApiException Forbidden(string permission) =>
        new(403, "api.context.permissions.app_error", "You do not have the appropriate permissions.", $"permission={permission}");

    public static ApiException SessionExpired(string detail) =>
        new(401, "api.context.session_expired.app_error", "Invalid or expired session, please login again.", detail);

    public static ApiException NoUser() => new(404, "app.user.missing_account.const", "Unable to find the user.");

    public static ApiException NoChannel() => new(404, "app.channel.get.existing.app_error", "Unable to find the existing channel.");

    public static ApiException NoTeam() => new(404, "app.team.get.find.app_error", "Unable to find the existing team.");

    public static ApiException NoPost() => new(404, "app.post.get.app_error", "Unable to get the post.");
}
