namespace Calls.Server.Api.Bot;

/// <summary>Adds routes for recorder and transcriber.</summary>
internal static class BotRoutes
{
    public static void BotGet(this ApiRoutes routes, BotGate gate, string pattern, Func<ApiRequest, Task<ApiAnswer>> handler) =>
        routes.Add(HttpMethods.Get, "/bot" + pattern, context => gate.RunAsync(context, handler));

    public static void BotPost(this ApiRoutes routes, BotGate gate, string pattern, Func<ApiRequest, Task<ApiAnswer>> handler) =>
        routes.Add(HttpMethods.Post, "/bot" + pattern, context => gate.RunAsync(context, handler));
}
