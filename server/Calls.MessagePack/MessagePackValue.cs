using System.Collections.ObjectModel;

namespace Calls.MessagePack;

/// <summary>Reads values whose shape is not known beforehand.</summary>
public static class MessagePackValue
{
    // What a peer claims as a count never becomes an allocation size; larger collections grow as their items arrive.
    private const int MaxInitialCapacity = 16;

    /// <summary>Reads one value as <c>null</c>, <see cref="bool"/>, <see cref="long"/>, <see cref="double"/>, <see cref="string"/>, byte[],
    /// <see cref="IReadOnlyList{T}"/> of values or <see cref="IReadOnlyDictionary{TKey, TValue}"/> of strings to values.</summary>
    /// <param name="reader">Moves past the value, or stays where it is on failure.</param>
    /// <param name="maxDepth">How many arrays and maps may lie in each other; 0 allows none.</param>
    /// <param name="value">The value; of equal keys in a map the last one counts.</param>
    /// <returns>
    /// <c>false</c> for truncated or too deeply nested input, for keys that are no strings, for invalid UTF-8, for extensions and
    /// for integers above <see cref="long.MaxValue"/>.
    /// </returns>
    public static bool TryRead(ref MessagePackReader reader, int maxDepth, out object? value)
    {
        MessagePackReader attempt = reader;
        if (!TryReadAny(ref attempt, maxDepth, out value))
        {
            value = null;
            return false;
        }

        reader = attempt;
        return true;
    }

    private static bool TryReadAny(ref MessagePackReader reader, int depthLeft, out object? value)
    {
        value = null;
        switch (reader.PeekType())
        {
            case MessagePackType.Nil:
                return reader.TryReadNil();
            case MessagePackType.Boolean:
                bool hasBoolean = reader.TryReadBoolean(out bool boolean);
                value = boolean;
                return hasBoolean;
            case MessagePackType.Integer:
                bool hasInteger = reader.TryReadInteger(out long integer);
                value = integer;
                return hasInteger;
            case MessagePackType.Float:
                bool hasNumber = reader.TryReadNumber(out double number);
                value = number;
                return hasNumber;
            case MessagePackType.String:
                bool hasText = reader.TryReadString(out string? text);
                value = text;
                return hasText;
            case MessagePackType.Binary:
                bool hasBytes = reader.TryReadBinary(out ReadOnlySpan<byte> bytes);
                value = bytes.ToArray();
                return hasBytes;
            case MessagePackType.Array:
                return depthLeft > 0 && TryReadList(ref reader, depthLeft - 1, out value);
            case MessagePackType.Map:
                return depthLeft > 0 && TryReadDictionary(ref reader, depthLeft - 1, out value);
            default:
                return false;
        }
    }

    private static bool TryReadList(ref MessagePackReader reader, int depthLeft, out object? value)
    {
        // Empty collections are shared: one byte of input must not cost an object.
        value = Array.Empty<object?>();
        if (!reader.TryReadArrayHeader(out int count))
        {
            return false;
        }

        if (count == 0)
        {
            return true;
        }

        var list = new List<object?>(Math.Min(count, MaxInitialCapacity));
        for (int i = 0; i < count; i++)
        {
            if (!TryReadAny(ref reader, depthLeft, out object? item))
            {
                return false;
            }

            list.Add(item);
        }

        value = list;
        return true;
    }

    private static bool TryReadDictionary(ref MessagePackReader reader, int depthLeft, out object? value)
    {
        value = ReadOnlyDictionary<string, object?>.Empty;
        if (!reader.TryReadMapHeader(out int count))
        {
            return false;
        }

        if (count == 0)
        {
            return true;
        }

        var dictionary = new Dictionary<string, object?>(Math.Min(count, MaxInitialCapacity), StringComparer.Ordinal);
        for (int i = 0; i < count; i++)
        {
            if (!reader.TryReadString(out string? key) || !TryReadAny(ref reader, depthLeft, out object? item))
            {
                return false;
            }

            dictionary[key] = item;
        }

        value = dictionary;
        return true;
    }
}
