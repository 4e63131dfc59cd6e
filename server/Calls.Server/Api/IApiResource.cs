namespace Calls.Server.Api;

/// <summary>The routes of one resource.</summary>
internal interface IApiResource
{
    void Map(ApiRoutes routes);
}
