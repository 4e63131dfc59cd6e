using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Calls.Server.Api;

/// <summary>A complete answer: status, content type and body.</summary>
/// <remarks>
/// The type of JSON is exactly <c>application/json</c>: the web client leaves anything else, a charset included, unparsed
/// (rest-api.md 1.8).
/// </remarks>
internal sealed class ApiAnswer
{
    private const string Json = "application/json";
    private const string PlainText = "text/plain; charset=utf-8";

    private static readonly JsonWriterOptions WriterOptions = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly string _contentType;
    private readonly ReadOnlyMemory<byte> _body;
    private DateTimeOffset? _lastModified;

    private ApiAnswer(int status, string contentType, ReadOnlyMemory<byte> body) =>
        (Status, _contentType, _body) = (status, contentType, body);

    /// <summary>Family E's success.</summary>
    public static ApiAnswer Success { get; } = Envelope(StatusCodes.Status200OK, "success");

    public int Status { get; }

    /// <summary>Family R: 200 with a JSON value, newline terminated.</summary>
    public static ApiAnswer Resource(Action<Utf8JsonWriter> write) => new(StatusCodes.Status200OK, Json, Written(write, endsLine: true));

    /// <summary>Family E.</summary>
    public static ApiAnswer Envelope(int status, string message) => new(status, Json, Written(
        writer =>
        {
            writer.WriteStartObject();
            writer.WriteString("message", message);
            writer.WriteNumber("status_code", status);
            writer.WriteEndObject();
        },
        endsLine: true));

    /// <summary>Family T.</summary>
    public static ApiAnswer Text(int status, string text) => new(status, PlainText, Encoding.UTF8.GetBytes(text + "\n"));

    /// <summary>No body.</summary>
    public static ApiAnswer Empty(int status) => new(status, "", default);

    /// <summary>Bytes of any kind, of which a client may ask for a part.</summary>
    public static ApiAnswer File(ReadOnlyMemory<byte> bytes, string contentType, DateTimeOffset lastModified) =>
        new(StatusCodes.Status200OK, contentType, bytes) { _lastModified = lastModified };

    public static ApiAnswer Failure(FailureShape shape, int status, string text) => shape switch
    {
        FailureShape.Text => Text(status, text),
        FailureShape.ErrorObject => ErrorObject(status, text),
        _ => Envelope(status, text),
    };

    public async Task WriteAsync(HttpResponse response)
    {
        if (_lastModified is not null)
        {
            await Results.Bytes(_body, _contentType, lastModified: _lastModified, enableRangeProcessing: true).ExecuteAsync(response.HttpContext);
            return;
        }

        response.StatusCode = Status;
        if (_contentType.Length == 0)
        {
            return;
        }

        response.ContentType = _contentType;
        response.ContentLength = _body.Length;
        if (_contentType == PlainText)
        {
            response.Headers.XContentTypeOptions = "nosniff";
        }

        await response.Body.WriteAsync(_body, response.HttpContext.RequestAborted);
    }

    private static ApiAnswer ErrorObject(int status, string text) => new(status, Json, Written(
        writer =>
        {
            writer.WriteStartObject();
            writer.WriteString("error", text);
            writer.WriteEndObject();
        },
        endsLine: false));

    private static ReadOnlyMemory<byte> Written(Action<Utf8JsonWriter> write, bool endsLine)
    {
        ArrayBufferWriter<byte> buffer = new();
        using (Utf8JsonWriter writer = new(buffer, WriterOptions))
        {
            write(writer);
        }

        if (endsLine)
        {
            buffer.Write("\n"u8);
        }

        return buffer.WrittenMemory;
    }
}
