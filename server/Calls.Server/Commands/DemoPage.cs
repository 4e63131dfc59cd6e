using Microsoft.AspNetCore.StaticFiles;

namespace Calls.Server.Commands;

/// <summary>The demo page, served as it lies in <c>webapp-shim/demo</c>, from within the program.</summary>
internal static class DemoPage
{
    private const string Prefix = "demo/";

    public static void Map(WebApplication app)
    {
        var contentTypes = new FileExtensionContentTypeProvider { Mappings = { [".mjs"] = "text/javascript" } };
        foreach (string resource in typeof(DemoPage).Assembly.GetManifestResourceNames().Where(static name => name.StartsWith(Prefix, StringComparison.Ordinal)))
        {
            string file = resource[Prefix.Length..];
            string contentType = contentTypes.TryGetContentType(file, out string? known) ? $"{known}; charset=utf-8" : "application/octet-stream";
            app.MapGet(file == "index.html" ? "/" : $"/{file}", context => SendAsync(context, resource, contentType));
        }
    }

    private static async Task SendAsync(HttpContext context, string resource, string contentType)
    {
        await using Stream content = typeof(DemoPage).Assembly.GetManifestResourceStream(resource)!;
        context.Response.ContentType = contentType;
        context.Response.ContentLength = content.Length;
        context.Response.Headers.CacheControl = "no-cache";
        context.Response.Headers.XContentTypeOptions = "nosniff";
        await content.CopyToAsync(context.Response.Body, context.RequestAborted);
    }
}
