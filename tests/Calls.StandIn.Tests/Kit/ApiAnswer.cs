using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;

namespace Calls.StandIn.Tests.Kit;

/// <summary>A REST answer.</summary>
internal sealed record ApiAnswer(HttpStatusCode Status, HttpResponseHeaders Headers, string? ContentType, byte[] Body)
{
    public string Text => System.Text.Encoding.UTF8.GetString(Body);

    public JsonElement Json => JsonDocument.Parse(Body).RootElement;

    public string this[string property] => Json.GetProperty(property).ToString();

    /// <summary>Asserts status and error id.</summary>
    public void Refused(int status, string id)
    {
        Assert.True((int)Status == status, $"{(int)Status} {Text}");
        Assert.Equal(id, this["id"]);
        Assert.Equal(status, Json.GetProperty("status_code").GetInt32());
        Assert.Equal("", this["detailed_error"]);
        Assert.Equal(26, this["request_id"].Length);
        Assert.NotEqual("", this["message"]);
        Assert.Equal("application/json", ContentType);
    }

    /// <summary>Asserts a status.</summary>
    public ApiAnswer Is(int status)
    {
        Assert.True((int)Status == status, $"{(int)Status} {Text}");
        return this;
    }
}
