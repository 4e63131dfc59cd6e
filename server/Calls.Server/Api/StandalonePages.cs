using System.Text;
using Microsoft.AspNetCore.StaticFiles;
using Microsoft.Extensions.FileProviders;

namespace Calls.Server.Api;

/// <summary><c>GET /standalone/*</c>: pages of a Calls release for the desktop app and the recorder (rest-api.md 3.16, mattermost-integration.md 10.3).</summary>
/// <remarks>Never redirects: the desktop app cancels every navigation away from the page's address.</remarks>
internal static class StandalonePages
{
    public const string Path = CallsApi.BasePath + "/standalone";

    private const string SocketScript = "gateway-socket.js";

    /// <summary>Answers everything below the path; does not know the user, so that no session is needed for a script.</summary>
    public static void MapStandalonePages(this IApplicationBuilder app, StandaloneOptions options) => app.Map(Path, branch =>
    {
        branch.Use(static (context, next) => GuardAsync(context, next));
        if (options.Folder is { } folder && Directory.Exists(folder))
        {
            var files = new PhysicalFileProvider(System.IO.Path.GetFullPath(folder));
            branch.Use((context, next) => InjectAsync(context, next, options, files));
            branch.UseStaticFiles(new StaticFileOptions
            {
                FileProvider = files,
                ContentTypeProvider = new FileExtensionContentTypeProvider { Mappings = { [".mjs"] = "text/javascript" } },
                ServeUnknownFileTypes = true,
            });
        }

        branch.Run(static context => ApiAnswer.Text(StatusCodes.Status404NotFound, "404 page not found").WriteAsync(context.Response));
    });

    private static Task GuardAsync(HttpContext context, RequestDelegate next)
    {
        context.SetEndpoint(null);
        if (!HttpMethods.IsGet(context.Request.Method))
        {
            context.Response.StatusCode = StatusCodes.Status405MethodNotAllowed;
            return Task.CompletedTask;
        }

        return IsAllowed(context.Request)
            ? next(context)
            : ApiAnswer.Text(StatusCodes.Status403Forbidden, "Forbidden").WriteAsync(context.Response);
    }

    // Mattermost takes the Referer away before a plugin sees it, so browsers have never got in by it.
    private static bool IsAllowed(HttpRequest request)
    {
        string agent = request.Headers.UserAgent.ToString();
        return (agent.Contains("Mattermost", StringComparison.Ordinal) && agent.Contains("Electron", StringComparison.Ordinal))
            || request.Headers["X-Calls-Recorder"] == "true"
            || request.Headers["X-Calls-E2E"] == "true";
    }

    private static async Task InjectAsync(HttpContext context, RequestDelegate next, StandaloneOptions options, PhysicalFileProvider files)
    {
        string path = context.Request.Path.Value ?? "";
        if (path == "/" + SocketScript)
        {
            context.Response.ContentType = "text/javascript; charset=utf-8";
            await using Stream script = typeof(StandalonePages).Assembly.GetManifestResourceStream(SocketScript)!;
            await script.CopyToAsync(context.Response.Body, context.RequestAborted);
            return;
        }

        if (!path.EndsWith(".html", StringComparison.Ordinal) || !options.NeedsRedirectedSocket()
            || files.GetFileInfo(path) is not { Exists: true, PhysicalPath: { } file })
        {
            await next(context);
            return;
        }

        // Before the page's own scripts; the page's policy allows scripts of this origin.
        string page = await File.ReadAllTextAsync(file, context.RequestAborted);
        int first = page.IndexOf("<script", StringComparison.OrdinalIgnoreCase);
        page = page.Insert(first < 0 ? 0 : first, $"<script src=\"{SocketScript}\"></script>");
        context.Response.ContentType = "text/html; charset=utf-8";
        await context.Response.Body.WriteAsync(Encoding.UTF8.GetBytes(page), context.RequestAborted);
    }
}
