using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;
using NodaTime;

namespace Verdigris.Server;

/// <summary>What the framework cannot tell of our types from their shape: they are written by converters.</summary>
static class ApiSchemas
{
    public static Task Describe(OpenApiSchema schema, OpenApiSchemaTransformerContext context, CancellationToken ct)
    {
        var type = Nullable.GetUnderlyingType(context.JsonTypeInfo.Type) ?? context.JsonTypeInfo.Type;
        if (type == typeof(LocalDate)) Text(schema, "date", "A day, ISO 8601");
        else if (type == typeof(Instant)) Text(schema, "date-time", "An instant in UTC, ISO 8601, ending in Z");
        else if (type.IsEnum) schema.Type = JsonSchemaType.String;
        return Task.CompletedTask;
    }

    static void Text(OpenApiSchema schema, string format, string description)
    {
        schema.Type = JsonSchemaType.String;
        schema.Format = format;
        schema.Description = description;
    }
}
