using System.Text;
using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.ChangeTracking;
using Microsoft.EntityFrameworkCore.Metadata;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using Microsoft.EntityFrameworkCore.Metadata.Conventions;

namespace Verdigris.Storage;

/// <summary>Snake case for everything not named explicitly, one schema a room, and row versions. Runs when the model is otherwise complete.</summary>
sealed class HouseConvention(string room) : IModelFinalizingConvention
{
    public void ProcessModelFinalizing(IConventionModelBuilder modelBuilder, IConventionContext<IConventionModelBuilder> context)
    {
        modelBuilder.HasDefaultSchema(room);
        foreach (var entity in modelBuilder.Metadata.GetEntityTypes())
        {
            if (entity.BaseType is null && !entity.IsOwned() && entity.GetViewName() is null) entity.Builder.ToTable(Naming.Snake(entity.ClrType.Name));
            if (entity.IsMappedToJson()) continue;
            foreach (var property in entity.GetDeclaredProperties())
            {
                if (property is { Name: "Version" } && property.ClrType == typeof(uint))
                {
                    property.Builder.IsConcurrencyToken(true);
                    property.Builder.ValueGenerated(ValueGenerated.OnAddOrUpdate);
                    property.Builder.HasColumnName("xmin");
                    property.Builder.HasColumnType("xid");
                }
                else property.Builder.HasColumnName(Naming.Snake(property.Name));
            }
            foreach (var key in entity.GetDeclaredKeys()) key.Builder.HasName(Naming.Snake(key.GetName() ?? ""));
            foreach (var key in entity.GetDeclaredForeignKeys()) key.Builder.HasConstraintName(Naming.Snake(key.GetConstraintName() ?? ""));
            foreach (var index in entity.GetDeclaredIndexes()) index.Builder.HasDatabaseName(Naming.Snake(index.GetDatabaseName() ?? ""));
        }
    }
}

/// <summary>The one way names of the program become names of the database.</summary>
public static class Naming
{
    /// <summary><c>NetKg</c> to <c>net_kg</c>, <c>CO2PerTonne</c> to <c>co2_per_tonne</c>, <c>PK_Order</c> to <c>pk_order</c>.</summary>
    public static string Snake(string name)
    {
        var text = new StringBuilder(name.Length + 8);
        for (var i = 0; i < name.Length; i++)
        {
            var c = name[i];
            if (char.IsUpper(c))
            {
                var wordStarts = i > 0 && name[i - 1] != '_' && (!char.IsUpper(name[i - 1]) || (i + 1 < name.Length && char.IsLower(name[i + 1])));
                if (wordStarts) text.Append('_');
                text.Append(char.ToLowerInvariant(c));
            }
            else text.Append(c);
        }
        return text.ToString();
    }
}

/// <summary>Mapping helpers the rooms' models use.</summary>
public static class ModelBuilding
{
    /// <summary>
    /// Keeps the property as one <c>jsonb</c> column through <see cref="StorageJson"/>. It is compared by its JSON, so a change inside it is seen and saved.
    /// </summary>
    public static PropertyBuilder<T> AsJsonb<T>(this PropertyBuilder<T> property)
    {
        property.HasColumnType("jsonb").HasConversion(
            value => JsonSerializer.Serialize(value, StorageJson.Options),
            text => JsonSerializer.Deserialize<T>(text, StorageJson.Options)!,
            new ValueComparer<T>(
                (a, b) => JsonSerializer.Serialize(a, StorageJson.Options) == JsonSerializer.Serialize(b, StorageJson.Options),
                value => JsonSerializer.Serialize(value, StorageJson.Options).GetHashCode(StringComparison.Ordinal),
                value => JsonSerializer.Deserialize<T>(JsonSerializer.Serialize(value, StorageJson.Options), StorageJson.Options)!));
        return property;
    }
}
