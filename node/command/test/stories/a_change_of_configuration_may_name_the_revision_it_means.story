include shop
first: put_branch branch.key=soho branch.name=Soho -> branch.name
put_branch if_rev=$first.branch.rev branch.key=soho branch.name=Sohho -> branch.name
put_branch if_rev=$first.branch.rev branch.key=soho branch.name=Bow
get_branch key=soho -> branch.name
----
done branch.name=Soho
done branch.name=Sohho
refused REV_MISMATCH field=if_rev
done branch.name=Sohho
