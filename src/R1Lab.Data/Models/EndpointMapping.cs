using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace R1Lab.Data.Models;

internal sealed class EndpointMapping : IEntityTypeConfiguration<RemoteEndpoint>
{
    public void Configure(EntityTypeBuilder<RemoteEndpoint> builder) => builder.HasIndex(endpoint => endpoint.Name).IsUnique();
}
