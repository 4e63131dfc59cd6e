using System.Data;
using Dapper;
using Npgsql;
using NpgsqlTypes;

namespace Calls.Server.Persistence;

/// <summary>JSON text on its way into a <c>jsonb</c> column: PostgreSQL takes no plain text there, SQLite knows only text.</summary>
internal sealed class JsonParameter(string json) : SqlMapper.ICustomQueryParameter
{
    public void AddParameter(IDbCommand command, string name)
    {
        IDbDataParameter parameter = command.CreateParameter();
        parameter.ParameterName = name;
        if (parameter is NpgsqlParameter postgres)
        {
            postgres.NpgsqlDbType = NpgsqlDbType.Jsonb;
        }

        parameter.Value = json;
        command.Parameters.Add(parameter);
    }
}
